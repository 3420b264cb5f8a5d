"""How a client behaves towards the sites it polls: simulated weeks against a loopback server with a log."""
