package audit

import (
	"bytes"
	"errors"
	"net/http"

	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
)

// Mount declares the public log: the checkpoint and its tiles, as C2SP
// tlog-tiles has them.
func (l *Log) Mount(r *web.Router) {
	for path, handler := range map[string]web.Handler{
		"/audit/checkpoint":     l.serveCheckpoint,
		"/audit/tile/{path...}": l.serveTile,
	} {
		r.Handle(web.Route{
			Method: http.MethodGet, Path: path, Audience: web.Machine, Unprefixed: true,
			Activity: "none: the public log holds hashes and nothing of anybody", Handler: handler,
		})
	}
}

func (l *Log) serveCheckpoint(q *web.Req) error {
	var t tree
	err := l.db.View(q.R.Context(), func(tx *db.Tx) (err error) {
		t, err = selectTree(tx)
		return err
	})
	if err != nil {
		return err
	}
	if t.checkpoint == "" {
		return fault.New(fault.NotFound, "audit.no-checkpoint")
	}
	return q.Bytes(http.StatusOK, "text/plain; charset=utf-8", []byte(t.checkpoint))
}

func (l *Log) serveTile(q *web.Req) error {
	var content []byte
	err := l.db.View(q.R.Context(), func(tx *db.Tx) (err error) {
		content, err = l.tile(tx, "tile/"+q.R.PathValue("path"))
		return err
	})
	if errors.Is(err, errNoTile) {
		return fault.New(fault.NotFound, "audit.no-tile").Because(err)
	}
	if err != nil {
		return err
	}
	q.W.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	return q.Bytes(http.StatusOK, "application/octet-stream", content)
}

// tile is the content at a C2SP path, of what a checkpoint covers.
func (l *Log) tile(tx *db.Tx, path string) ([]byte, error) {
	level, n, width, err := parseTile(path)
	if err != nil {
		return nil, err
	}
	t, err := selectTree(tx)
	if err != nil {
		return nil, err
	}
	have := t.signed >> (tileHeight * max(0, level))
	if n > have/tileWidth || n*tileWidth+int64(width) > have {
		return nil, errNoTile
	}
	if level == entries {
		leaves, err := selectLeaves(tx, n*tileWidth, n*tileWidth+int64(width))
		return bundle(leaves), err
	}
	hashes, err := selectTile(tx, level, n)
	if err != nil {
		return nil, err
	}
	if len(hashes) < width*hashSize {
		return nil, errors.New("a tile that was signed is missing")
	}
	return bytes.Clone(hashes[:width*hashSize]), nil
}
