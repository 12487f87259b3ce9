"""The rules of the network: pure, standard library only.

`document` says what a centre is on a day, `lifecycle` which step is possible from where, `rules`
what a valid centre is, `hours` how opening hours are written, `table` how a CSV row becomes a
centre.
"""
