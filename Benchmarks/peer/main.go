// Command peer does the work of Tally's accept route in plain Go: one SET NX EX in Redis for each request.
//
// It uses the standard library only and keeps a pool of Redis connections, as a Go service of this kind would.
package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

const poolSize = 64

type connection struct {
	net.Conn
	replies *bufio.Reader
}

// pool holds idle connections; a nil entry is a place whose connection must be dialled.
type pool struct {
	address string
	idle    chan *connection
}

func newPool(address string) *pool {
	p := &pool{address: address, idle: make(chan *connection, poolSize)}
	for i := 0; i < poolSize; i++ {
		p.idle <- nil
	}
	return p
}

// mark sets the key unless it is there, and reports whether it was new.
func (p *pool) mark(key string) (isNew bool, err error) {
	c := <-p.idle
	defer func() {
		if err != nil && c != nil {
			c.Close()
			c = nil
		}
		p.idle <- c
	}()
	if c == nil {
		raw, err := net.Dial("tcp", p.address)
		if err != nil {
			return false, err
		}
		c = &connection{raw, bufio.NewReader(raw)}
	}
	const form = "*6\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$1\r\n1\r\n$2\r\nNX\r\n$2\r\nEX\r\n$3\r\n120\r\n"
	if _, err = fmt.Fprintf(c, form, len(key), key); err != nil {
		return false, err
	}
	reply, err := c.replies.ReadString('\n')
	if err != nil {
		return false, err
	}
	switch strings.TrimSpace(reply) {
	case "+OK":
		return true, nil
	case "$-1":
		return false, nil
	}
	return false, fmt.Errorf("redis answered %q", reply)
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: peer LISTEN REDIS")
	}
	redis := newPool(os.Args[2])
	http.HandleFunc("/api/verve/accept", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.ParseInt(r.URL.Query().Get("id"), 10, 64)
		if err != nil {
			http.Error(w, "failed", http.StatusBadRequest)
			return
		}
		isNew, err := redis.mark(fmt.Sprintf("peer:%d:%d", time.Now().Unix()/60, id))
		if err != nil {
			http.Error(w, "failed", http.StatusServiceUnavailable)
			return
		}
		unique := "0"
		if isNew {
			unique = "1"
		}
		w.Header().Set("X-Unique", unique)
		fmt.Fprint(w, "ok")
	})
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}
