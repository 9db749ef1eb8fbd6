"""How fast is verification, beside the libraries that it could have been built of?"""
