"""W3C WebSub (https://www.w3.org/TR/websub/): who is told what is new, instead of asking."""
