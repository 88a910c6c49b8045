"""The node of the country where the person is: cases, consents, and the referrals that leave it."""
