// Package pages shows what package mandates says: a person's companies and
// delegates, and the claims that officials verify.
package pages
