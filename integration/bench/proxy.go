package main

import (
	"io"
	"net"
	"sync"
	"time"
)

// proxy stands between a tool and the server. It counts turns, the answers that begin after
// something was said: what each costs is the network's delay there and back. What ends without
// an answer, as the message does that ends a session, is not counted. It can delay what passes.
type proxy struct {
	listener net.Listener
	target   string
	delay    time.Duration // each way

	mu    sync.Mutex
	turns int
}

func newProxy(target string, delay time.Duration) (*proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: listener, target: target, delay: delay}
	go p.serve()
	return p, nil
}

func (p *proxy) port() int { return p.listener.Addr().(*net.TCPAddr).Port }

func (p *proxy) close() { _ = p.listener.Close() }

// reset gives the turns since the last call.
func (p *proxy) reset() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.turns
	p.turns = 0
	return n
}

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.connect(client)
	}
}

// connect passes on what both sides say, each connection with its own turns.
func (p *proxy) connect(client net.Conn) {
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		_ = client.Close()
		return
	}
	asked := false
	go p.pass(server, client, func() { asked = true })
	p.pass(client, server, func() {
		if asked {
			p.turns++
		}
		asked = false
	})
}

// packet is what was read at once, and when it may go on.
type packet struct {
	data []byte
	due  time.Time
}

// pass copies from one side to the other. What is read late is not delayed twice: the time
// counts from when it came.
func (p *proxy) pass(to, from net.Conn, seen func()) {
	packets := make(chan packet, 1024)
	go func() {
		defer func() { _ = to.Close() }()
		for next := range packets {
			time.Sleep(time.Until(next.due))
			if _, err := to.Write(next.data); err != nil {
				break
			}
		}
		for range packets { // so that the reader is not left standing
		}
	}()
	defer close(packets)
	for {
		data := make([]byte, 64<<10)
		n, err := from.Read(data)
		if n > 0 {
			p.mu.Lock()
			seen()
			p.mu.Unlock()
			packets <- packet{data[:n], time.Now().Add(p.delay)}
		}
		if err != nil {
			_ = io.Closer(from).Close()
			return
		}
	}
}
