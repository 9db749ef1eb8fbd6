"""How fast is the SMTP door, beside what one would install instead? And does it lose nothing?"""
