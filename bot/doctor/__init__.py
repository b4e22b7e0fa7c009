"""`greenroom doctor`: what is wrong with an installation, where, and what to do about it.

It looks and changes nothing.  Each module examines one thing and gives findings.
"""
