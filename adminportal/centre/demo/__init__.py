"""The demo tenants: invented people of two organisations, for trying the portal out."""
