// Package i18n holds the sentences people read, in every language of an
// instance, and writes numbers, money and dates as its readers do.
//
// It promises: a sentence exists in all languages or the check fails
// (Missing); a missing sentence never breaks a page, it shows its key and is
// counted; plural forms follow CLDR; values put into right-to-left sentences
// are isolated, so that a reference or a telephone number keeps its order.
//
// It owns no table and knows no domain.
package i18n
