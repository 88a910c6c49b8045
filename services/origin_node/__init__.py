"""The node of the country to which the person returns: referrals received, decided, contacted, followed up."""
