package web

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
)

// Ask asks a portal itself for a page, as a visitor of this machine.
func Ask(ctx context.Context, portal http.Handler, path string) (status int, text string) {
	at, err := url.ParseRequestURI(path)
	if err != nil {
		return http.StatusBadRequest, ""
	}
	r := (&http.Request{
		Method: http.MethodGet, URL: at, RequestURI: path, Host: "localhost", RemoteAddr: "127.0.0.1:0",
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody,
	}).WithContext(Own(ctx))
	w := &held{header: http.Header{}}
	portal.ServeHTTP(w, r)
	return w.status, w.body.String()
}

// held is an answer that stays here.
type held struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header, WriteHeader and Write are http.ResponseWriter's.
func (k *held) Header() http.Header    { return k.header }
func (k *held) WriteHeader(status int) { k.status = status }
func (k *held) Write(b []byte) (int, error) {
	if k.status == 0 {
		k.status = http.StatusOK
	}
	return k.body.Write(b)
}
