"""Documents that are made to harm, and what each part does with them."""
