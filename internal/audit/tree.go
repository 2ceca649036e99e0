package audit

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// The tree is RFC 6962's over leaves of 32 bytes, kept in tiles of height 8
// as C2SP tlog-tiles has them: a tile of level L holds up to 256 hashes of
// complete subtrees of 256^L entries. A partial tile grows in place; every
// narrower one is its beginning.
const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
	hashSize   = tlog.HashSize
)

// tiles reads a tile of hashes: as wide as it is known, nil if it is not.
type tiles func(level int, n int64) ([]byte, error)

// reader is tlog's view of the tree.
func (t tiles) reader() tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		seen := map[[2]int64][]byte{}
		for i, index := range indexes {
			tile := tlog.TileForIndex(tileHeight, index)
			at := [2]int64{int64(tile.L), tile.N}
			data, ok := seen[at]
			if !ok {
				var err error
				if data, err = t(tile.L, tile.N); err != nil {
					return nil, err
				}
				seen[at] = data
			}
			var err error
			if hashes[i], err = tlog.HashFromTile(tile, data, index); err != nil {
				return nil, fmt.Errorf("tile %s of the log is missing or too short", TilePath(tile.L, tile.N, tile.W))
			}
		}
		return hashes, nil
	})
}

// root is the root of the tree's first size entries. An empty tree has the
// hash of nothing, as RFC 6962 says.
func (t tiles) root(size int64) (tlog.Hash, error) { return tlog.TreeHash(size, t.reader()) }

// grow appends leaves to a tree of this size and returns the tiles that
// changed, by level and number.
func (t tiles) grow(size int64, leaves [][32]byte) (map[[2]int64][]byte, error) {
	changed := map[[2]int64][]byte{}
	hashes := make([]tlog.Hash, len(leaves))
	for i, leaf := range leaves {
		hashes[i] = tlog.RecordHash(leaf[:])
	}
	for level := 0; len(hashes) > 0; level++ {
		var up []tlog.Hash // a hash for each tile that is now full
		for _, h := range hashes {
			at := [2]int64{int64(level), size / tileWidth}
			tile, ok := changed[at]
			if !ok {
				old, err := t(level, at[1])
				if err != nil {
					return nil, err
				}
				if int64(len(old)) != size%tileWidth*hashSize {
					return nil, fmt.Errorf("tile %s of the log does not end where the tree ends", TilePath(level, at[1], tileWidth))
				}
				tile = append(make([]byte, 0, tileWidth*hashSize), old...)
			}
			tile = append(tile, h[:]...)
			changed[at] = tile
			size++
			if size%tileWidth == 0 {
				up = append(up, subtree(tile))
			}
		}
		hashes, size = up, (size/tileWidth)-int64(len(up))
	}
	return changed, nil
}

// subtree is the hash over a full tile.
func subtree(tile []byte) tlog.Hash {
	if len(tile) == hashSize {
		return tlog.Hash(tile)
	}
	half := len(tile) / 2
	return tlog.NodeHash(subtree(tile[:half]), subtree(tile[half:]))
}

// TilePath is the C2SP path of a tile of hashes, of width 1 to 256.
func TilePath(level int, n int64, width int) string {
	return tilePath(fmt.Sprint(level), n, width)
}

// BundlePath is the C2SP path of an entry bundle of width 1 to 256.
func BundlePath(n int64, width int) string { return tilePath("entries", n, width) }

func tilePath(kind string, n int64, width int) string {
	path := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		path = fmt.Sprintf("x%03d/%s", n%1000, path)
	}
	path = "tile/" + kind + "/" + path
	if width < tileWidth {
		path += fmt.Sprintf(".p/%d", width)
	}
	return path
}

// entries is the level under which parseTile reports an entry bundle.
const entries = -1

var errNoTile = errors.New("no such tile")

// parseTile reads what TilePath and BundlePath write, and nothing else.
func parseTile(path string) (level int, n int64, width int, err error) {
	if len(path) > 100 {
		return 0, 0, 0, errNoTile
	}
	rest, ok := strings.CutPrefix(path, "tile/")
	kind, rest, found := strings.Cut(rest, "/")
	if !ok || !found {
		return 0, 0, 0, errNoTile
	}
	if kind == "entries" {
		kind = "data"
	}
	t, err := tlog.ParseTilePath("tile/8/" + kind + "/" + rest)
	if err != nil || t.L > 7 {
		return 0, 0, 0, errNoTile
	}
	if t.L == -1 && BundlePath(t.N, t.W) != path || t.L >= 0 && TilePath(t.L, t.N, t.W) != path {
		return 0, 0, 0, errNoTile
	}
	return t.L, t.N, t.W, nil
}

// bundle is a C2SP entry bundle: each leaf behind its length of 16 bits.
func bundle(leaves [][32]byte) []byte {
	b := make([]byte, 0, len(leaves)*(2+hashSize))
	for _, leaf := range leaves {
		b = append(b, 0, hashSize)
		b = append(b, leaf[:]...)
	}
	return b
}

// parseBundle is the inverse of bundle, for one of this width.
func parseBundle(b []byte, width int) ([][32]byte, error) {
	if len(b) != width*(2+hashSize) {
		return nil, errors.New("an entry bundle has the wrong length")
	}
	leaves := make([][32]byte, width)
	for i := range leaves {
		e := b[i*(2+hashSize):]
		if e[0] != 0 || e[1] != hashSize {
			return nil, errors.New("an entry bundle holds something else than leaves")
		}
		leaves[i] = [32]byte(e[2:])
	}
	return leaves, nil
}
