"""Registration, sign-in, sessions and the customer's own profile."""
