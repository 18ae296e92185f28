"""The page of a plan: one HTML file that needs no network, for a desk, a phone and a printer.

`written` puts it where it was asked for, `document` puts it together; `first`, `strips` and `charts` are readable
without a script, `data` is what the scripts beside them (``*.js``) move through time.
"""
