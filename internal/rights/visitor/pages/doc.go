// Package pages renders what people without a cabinet see of their rights.
package pages
