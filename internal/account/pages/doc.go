// Package pages shows what package account says: its own pages of the cabinet
// and those on which an official compares somebody with a card.
package pages
