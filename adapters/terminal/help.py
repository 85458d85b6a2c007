"""What can be typed besides messages."""

HELP = """\
/new                     a new conversation, at once
/as NAME                 speak as somebody else in this conversation
/attach PATH [TEXT]      send a file with your message; quotes go around a path with spaces
/edit N TEXT             change your message N; in a closed conversation this offers a branch
/branch                  take that offer: go on from the changed message
/delete N                delete your message N
/history                 what was said in this conversation, with the messages' numbers
/fair  /unfair  /unrate  rate the ending here, or take the rating back
/appeal [WORDS]          ask moderators to look at the ending again
/why                     the readings and the decision behind the last turn, for whoever tunes
/standing  /boundaries   what counts for you here; what counts at all
/country [NAME]          your country, for where help is shown; alone, it takes it back
/language [CODE]         the language I write to you in
/forgetme                erase what is kept about you
/threads  /open ID       list the conversations; go to one
/help  /quit             this; leave (Ctrl-D does as well). // begins a message with a slash"""
