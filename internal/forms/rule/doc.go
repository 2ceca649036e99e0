// Package rule is the engine of a form's rules: CEL with the functions begun,
// hours, days, round and sum, over answers of a declared shape. It checks the
// type of an expression, bounds its cost by the longest answers and the most
// rows, says which answers it reads and needs, and evaluates it. It knows
// types and keys, and no form.
package rule
