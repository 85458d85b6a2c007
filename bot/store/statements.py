"""The hot statements, in what SQLite and Postgres have in common: named parameters, `on conflict`, `returning`.

No JSON operators, no scalar functions that only one of them has.
"""

# Events.
ACCEPT = """insert into inbox (key, conversation, member, at, state, tries, why, payload)
    values (:key, :conversation, :member, :at, 'open', 0, '', :payload) on conflict (key) do nothing"""
ACCEPTED = "select key from inbox where key >= :first and key < :after order by key"
OPEN_CONVERSATIONS = "select conversation from inbox where state = 'open' group by conversation order by min(seq)"
SPACES = "select space from conversation where platform = :platform group by space order by max(last_at) desc, space"
CONVERSATIONS = """select id from conversation where platform = :platform and space = :space
    order by last_at desc, id limit :limit"""
CONVERSATIONS_IN = """select id from conversation where platform = :platform and space = :space and channel = :channel
    order by last_at desc, id limit :limit"""
OPEN_EVENTS = """select i.key, i.tries, i.payload,
    (select 1 from applied a where a.event = i.key and a.stage = '') as decided
    from inbox i where i.conversation = :conversation and i.state = 'open' order by i.seq limit :limit"""
FAIL = "update inbox set tries = tries + 1, why = :why where key = :key returning tries"
DONE = "update inbox set state = 'done', payload = '' where key = :key"
PARK = "update inbox set state = 'parked', why = :why where key = :key and state <> 'done'"
UNPARK = "update inbox set state = 'open', tries = 0 where state = 'parked'"
UNPARK_ONE = "update inbox set state = 'open', tries = 0 where state = 'parked' and conversation = :conversation"

# What a turn starts from.
CONVERSATION = """select platform, space, channel, private, turns, ended, care_until, parent, summary, summarised,
    amended, version from conversation where id = :id"""
STANDING = "select body from standing where conversation = :conversation and member = :member"
STANDINGS = "select member, body from standing where conversation = :conversation order by member"
# In one channel before all others.
LATEST_STANDING = """select s.conversation, s.body from standing s join conversation c on c.id = s.conversation
    where s.member = :member and c.platform = :platform and c.space = :space
    order by case when c.channel = :channel then 0 else 1 end, c.last_at desc limit 1"""
PERSON = "select country, language, greeted from person where member = :member and space = :space"
_SAYS = "(text <> '' or attachments <> '')"  # that a turn still says something: an image alone does
HISTORY = f"""select number, member, name, text, reply, message, to_bot, attachments from turn
    where conversation = :conversation and number > :after and stage = '' and {_SAYS}
    order by number desc, id desc limit :limit"""  # noqa: S608  our own words
# All of a scene but its history, in one row whatever there is.
SCENE = """select c.platform, c.space, c.channel, c.private, c.turns, c.ended, c.care_until, c.parent, c.summary,
    c.summarised, c.amended, c.version, s.body, p.country, p.language, p.greeted,
    (select max(t.said_at) from turn t
        where t.conversation = :conversation and t.member <> :member and t.event is not null),
    (select 1 from applied a where a.event = :event and a.stage = 'care'),
    (select coalesce(sum(u.turns), 0) from usage u
        where u.day = :today and u.space = :space and u.member = :member),
    (select coalesce(sum(u.fresh + u.cache_write + u.cache_read + u.output), 0) from usage u
        where u.day = :today and u.space = :space and u.member = :member),
    (select coalesce(sum(u.turns), 0) from usage u where u.day = :today and u.space = :space and u.member = ''),
    (select coalesce(sum(u.fresh + u.cache_write + u.cache_read + u.output), 0) from usage u
        where u.day = :today and u.space = :space and u.member = ''),
    (select max(r.at) from referral r join conversation o on o.id = r.conversation
        where r.member = :member and r.matter = 'risk' and o.space = :space)
    from (select 1) as one left join conversation c on c.id = :conversation
    left join standing s on s.conversation = :conversation and s.member = :member
    left join person p on p.member = :member and p.space = :space"""

# A record.
APPLY = """insert into applied (event, stage, member, conversation) values (:event, :stage, :member, :conversation)
    on conflict (event, stage) do nothing"""
NEW_CONVERSATION = """insert into conversation
    (id, platform, space, channel, private, turns, ended, care_until, parent, version, opened_at, last_at, summary,
    summarised, amended) values (:id, :platform, :space, :channel, :private, :turns, :ended, :care_until, :parent, 1,
    :at, :at, :summary, :summarised, :amended) on conflict (id) do nothing"""
# The summary is not among them: what a turn read of it may be out of date by the time it is recorded.
NEXT_CONVERSATION = """update conversation set turns = :turns, ended = :ended, care_until = :care_until,
    version = version + 1, last_at = case when last_at < :at then :at else last_at end
    where id = :id and version = :expects"""
SUMMARISE = """update conversation set summary = :summary, summarised = :upto
    where id = :id and amended = :amended and summarised = :summarised"""
# A turn says something else now, or nothing: the summary goes, if it has that turn in it.
AMEND = """update conversation set amended = amended + 1,
    summary = case when summarised < :number then summary else '' end,
    summarised = case when summarised < :number then summarised else 0 end where id = :conversation"""
TOUCH = "update conversation set version = version + 1 where id = :id and version = :expects"
STIR = "update conversation set version = version + 1 where id = :id"
ADOPT = "update conversation set parent = :parent where id = :id and parent is null"
NEW_TURN = """insert into turn (conversation, number, event, stage, member, said_at, took, to_bot, message, step,
    reason, ladder, models, prompts, erased, name, text, reply, assessment, decision, calls, attachments)
    values (:conversation, :number, :event, :stage, :member, :said_at, :took, :to_bot, :message, :step, :reason,
    :ladder, :models, :prompts, 0, :name, :text, :reply, :assessment, :decision, :calls, :attachments)"""
PUT_STANDING = """insert into standing (conversation, member, body) values (:conversation, :member, :body)
    on conflict (conversation, member) do update set body = excluded.body"""
PUT_PERSON = """insert into person (member, space, country, language, greeted)
    values (:member, :space, :country, :language, :greeted) on conflict (member, space) do update set
    country = excluded.country, language = excluded.language, greeted = excluded.greeted"""
PUT_MEMBER = """insert into member (id, name) values (:id, :name)
    on conflict (id) do update set name = excluded.name where member.name <> excluded.name"""
NEW_ACTION = """insert into action (id, event, stage, conversation, member, climbs, asked_at, state, message, why,
    erased, kind, body) values (:id, :event, :stage, :conversation, :member, :climbs, :asked_at, 'waiting', '', '', 0,
    :kind, :body) on conflict (id) do nothing"""
CANCEL_WARNINGS = """update action set state = 'cancelled', why = 'risk was seen'
    where state in ('waiting', 'failed') and event in
    (select event from turn where conversation = :conversation and step = 'warn')
    returning member, climbs"""
CORRECTED = """with recursive family (id) as (select :conversation union
    select c.id from conversation c join family f on c.parent = f.id)
    update turn set text = :text, attachments = case when :deleted = 1 then '' else attachments end, edited_at = :at
    where message = :message and conversation in (select id from family) returning id, conversation, number"""
NEW_ENDING = """insert into ending (id, conversation, space, member, turn, scope, reason, concern, ladder, prompts,
    models, at, state, evidence) values (:id, :conversation, :space, :member, :turn, :scope, :reason, :concern, :ladder,
    :prompts, :models, :at, :state, :evidence) on conflict (id) do nothing"""
SETTLE = "update ending set state = :state where id = :id"
OLD_VOTE = "update vote set current = 0 where ending = :ending and member = :member and current = 1"
NEW_VOTE = """insert into vote (ending, member, vote, at, current, words)
    values (:ending, :member, :vote, :at, 1, :words)"""
NEW_REVIEW = """insert into review (ending, moderator, verdict, at, note)
    values (:ending, :moderator, :verdict, :at, :note)"""
NEW_REFERRAL = """insert into referral (id, matter, conversation, member, ending, at, words)
    values (:id, :matter, :conversation, :member, :ending, :at, :words) on conflict (id) do nothing"""
BOOK = """insert into usage (day, space, member, model, turns, fresh, cache_write, cache_read, output)
    values (:day, :space, :member, :model, :turns, :fresh, :cache_write, :cache_read, :output)
    on conflict (day, space, member, model) do update set turns = usage.turns + excluded.turns,
    fresh = usage.fresh + excluded.fresh, cache_write = usage.cache_write + excluded.cache_write,
    cache_read = usage.cache_read + excluded.cache_read, output = usage.output + excluded.output"""

# Actions and receipts. A failed one waits still: the outbox tries again.
WAITING = "select body from action where event = :event and state in ('waiting', 'failed') order by seq"
WAITING_OF = """select body from action where event = :event and stage = :stage and state in ('waiting', 'failed')
    order by seq"""
NOTE = """update action set state = :state, at = :at, message = :message, why = :why
    where id = :id and state not in ('delivered', 'refused', 'needless') returning conversation, member, climbs"""
WAITS = "select body, event from action where id = :id and state in ('waiting', 'failed')"
GIVE_UP = "update action set body = :body, state = :state, why = :why where id = :id"
SHOWN = "update turn set reply = :reply where event = :event and stage = ''"
UNGREETED = """update person set greeted = null where greeted = (select asked_at from action where id = :id)
    and member = (select member from action where id = :id) and space = (
        select c.space from action a join conversation c on c.id = a.conversation where a.id = :id)"""
FAILED = (
    "select conversation, member, climbs from action where event = :event and state = 'failed' and climbs is not null"
)
CLIMBING = "select distinct conversation, member, climbs from action where event = :event and climbs is not null"
ACTION = "select body from action where id = :id"
RECEIPT = """select id, state, coalesce(at, asked_at), message, why from action
    where id = :id and state not in ('waiting', 'failed')"""
# `message <> ''`, so that the index serves.
PERFORMED = """select a.body from action a join conversation c on c.id = a.conversation
    where a.message = :message and a.message <> '' and a.state = 'delivered' and c.platform = :platform
    order by a.seq desc limit 1"""
# The oldest: turns that a branch was given to begin with, and its first, have messages of another conversation.
CONVERSATION_OF_TURN = """select c.id from turn t join conversation c on c.id = t.conversation
    where t.message = :message and t.message <> '' and c.platform = :platform
    order by t.id limit 1"""
NOTICE = """select a.message from ending e join turn t on t.conversation = e.conversation and t.number = e.turn
    join action a on a.event = t.event where e.id = :ending and a.kind = 'ask_feedback' and a.state = 'delivered'
    limit 1"""
CONVERSATION_OF_ACTION = """select c.id from action a join conversation c on c.id = a.conversation
    where a.message = :message and a.message <> '' and c.platform = :platform order by a.seq limit 1"""

# Turns with their evidence. Those that a branch was given to begin with have none.
TURNS = """select number, member, name, text, reply, message, to_bot, attachments, said_at, assessment, decision,
    models, prompts, took, calls from turn where conversation = :conversation and event is not null
    order by number desc, id desc limit :limit"""
TURN_OF = """select number, member, name, text, reply, message, to_bot, attachments, said_at, assessment, decision,
    models, prompts, took, calls from turn where conversation = :conversation and message = :message
    and event is not null order by stage, id limit 1"""
BEFORE = f"""select number, member, name, text, reply, message, to_bot, attachments from turn
    where conversation = :conversation and stage = '' and {_SAYS} and number <
    (select min(number) from turn where conversation = :conversation and message = :message)
    order by number, id"""  # noqa: S608  our own words

# Endings.
ENDINGS_TODAY = "select count(*) from ending where space = :space and reason = 'concern' and at >= :since"
ENDING = """select id, conversation, member, turn, scope, reason, concern, evidence, ladder, prompts, models, at, state
    from ending where id = :id"""
ENDINGS_LIKE = """select id, conversation, member, turn, scope, reason, concern, evidence, ladder, prompts, models, at,
    state from ending where substr(id, 1, :length) = :id limit 2"""
LATEST_ENDING = """select id, conversation, member, turn, scope, reason, concern, evidence, ladder, prompts, models, at,
    state from ending where conversation = :conversation and (:member = '' or member = :member)
    order by at desc, turn desc limit 1"""
ENDINGS = """select id, conversation, member, turn, scope, reason, concern, evidence, ladder, prompts, models, at, state
    from ending where (:space = '' or space = :space) and (:state = '' or state = :state)
    and (:member = '' or member = :member)
    order by at desc, id limit :limit offset :offset"""
# On request nobody was ended against their will: only an appeal puts it before moderators.
WAIT = "(state = 'appealed' or (state = 'standing' and reason <> 'request'))"
QUEUE = f"""select id, conversation, member, turn, scope, reason, concern, evidence, ladder, prompts, models, at, state
    from ending where space = :space and {WAIT}
    order by case when state = 'appealed' then 0 else 1 end, at, id limit :limit offset :offset"""  # noqa: S608  our own
TALLY = f"""select state, count(*) from ending where space = :space and ({WAIT} or state in ('upheld', 'overturned'))
    group by state"""  # noqa: S608  our own words
CLOSED = """select id, conversation, member, turn, scope, reason, concern, evidence, ladder, prompts, models, at, state
    from ending where at >= :since and at < :until
    and (select c.platform from conversation c where c.id = ending.conversation) = :platform order by at, id"""
VOTES = "select member, vote, at from vote where ending = :ending and current = 1 order by id"
REASONS = "select vote, words from vote where ending = :ending and current = 1 and words <> '' order by id"
APPEALS = """select id, matter, conversation, member, at, ending, words from referral
    where ending = :ending and matter = 'appeal' order by at, id"""
# Its own turn called, and whoever appealed.
CALLERS = """select t.event from ending e join turn t on t.conversation = e.conversation and t.number = e.turn
    where e.id = :ending and t.event is not null"""
REFERRALS = "select id from referral where ending = :ending order by at, id"
CALLS = """select body, message from action where event = :event and kind = 'call_moderators' and state = 'delivered'
    and message <> '' order by seq"""
VERDICTS = "select moderator, verdict, note, at from review where ending = :ending order by id"
NAME = "select name from member where id = :id"
NEW_LADDER = """insert into ladder (version, name, first_seen, body) values (:version, :name, :at, :body)
    on conflict (version) do nothing"""
NEW_CHANGE = "insert into change (space, member, at, was, now) values (:space, :member, :at, :was, :now)"
CHANGES = """select space, member, at, was, now from change where (:space = '' or space = :space)
    order by id desc limit :limit"""
