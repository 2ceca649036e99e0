// Package pages holds the pages for officials' accounts and for operations.
// It promises to hold no sentence and no rule.
package pages
