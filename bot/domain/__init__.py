"""The nouns of Fairwell: frozen, standard library only.

Read them in the order in which a turn meets them: `event`, `conversation`, `assessment`, `step`,
`standing`, `decision`, `action`, `ending`, `review`; `resource` is what care offers.
"""
