"""What is remembered: the store of one process, on SQLite.

sqlite      SqliteStore: ports.Store, and what the command line asks
writer      the one thread that writes; reader: the one that reads; both on thread
schema      tables and migrations; statements: the hot SQL; codec: nouns as JSON
recording   one record, applied; outbox: events, actions and receipts; scenes: what is read
booking     what models used, added up by day, space and member
retention   text that has had its time; forgetting: a member, erased; spaces: a whole space, erased
installations  where the bot was let in, with what its adapters need there
search      full text of what was ended; admin: lists, counts and exports
lock        one process runs lanes on one file; faults: what SQLite says, as StoreErrors
"""
