"""The four ways to ask a language model something, as far as somebody in between has to know.

Of a request: which model, how much it may answer, and nothing that reaches further than the
model.  Of an answer: the tokens that it has cost.  All else passes through as it is.
"""
