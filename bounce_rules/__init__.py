"""When do we say no? Rules as data: each with its why and its case.

`load_rules` reads the rule files once, at start; `gather_facts` flattens everything that is known
of a transaction into the words that rules may ask about; `decide` takes the first rule that fits.
Nothing here asks anybody anything: same facts and same rules, same verdict.
"""
