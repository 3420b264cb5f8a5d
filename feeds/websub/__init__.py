"""WebSub (W3C Recommendation, 23 January 2018): telling hubs what is new, and being one."""
