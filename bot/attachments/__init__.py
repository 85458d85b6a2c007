"""A message's files: fetched when the message has its turn, looked at before any model is, kept for a while.

load     what the models are told of a message's files, and of those of the turns before it
opened   what one file is: decided by what is in it, never by its name
images, text, apart (a PDF, read by the process `pdf`)   the kinds that can be read
shelf    files that were opened lately
"""
