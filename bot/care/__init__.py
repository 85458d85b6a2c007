"""Care: the crisis directory, which country a member is in, and the card that is said to them.

`directory` reads config/resources/, `texts` reads config/replies/<language>/care.toml, `card` puts both together.
All of it is pure once read: no clock, no network, no language model.
"""
