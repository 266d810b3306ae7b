// Drives what others wrote against a liuhen node. Whoever judges here is somebody else's code:
// tessera's fsck and torchwood's client read the tile tree, transparency-dev's witness client and a
// Tessera log ask our witness, and torchwood's own list of requests is put to it.
//
//	outsiders prepare DIR ORIGIN       keys of logs and of a witness into DIR: `logs` (for
//	                                   witness.logs), `omni.key`, `omni.vkey`
//	outsiders tree SOCKET POLICY       read the whole ledger that POLICY names
//	outsiders cases DIR SOCKET VKEY LIST   put the cases, and those of LIST, to the witness VKEY
//	outsiders again DIR SOCKET VKEY    what it says after a restart
//	outsiders tessera DIR SOCKET VKEY  a Tessera log has its heads witnessed
//
// One line for each claim: "ok" or "FAILED". The exit code is 1 if one failed, 2 if it could not
// begin.
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"
)

type claims struct {
	failed bool
}

// check runs one claim. What it returns is how much was looked at.
func (c *claims) check(claim string, prove func() (string, error)) {
	detail, err := prove()
	if err != nil {
		c.failed = true
		fmt.Printf("FAILED  %s: %v\n", claim, err)
		return
	}
	fmt.Printf("ok      %s (%s)\n", claim, detail)
}

func need(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "outsiders:", err)
		os.Exit(2)
	}
}

// over is an HTTP client whose every request goes to the node behind the socket.
func over(socket string) *http.Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}
	return &http.Client{
		Transport: &http.Transport{DialContext: dial, MaxConnsPerHost: 8, MaxIdleConnsPerHost: 8},
		Timeout:   time.Minute,
	}
}

func main() {
	modes := map[string]struct {
		count int
		run   func(c *claims, args []string)
	}{
		"prepare": {2, prepare}, "tree": {2, judgeTree}, "cases": {4, judgeCases},
		"again": {3, judgeAgain}, "tessera": {3, judgeTessera},
	}
	if len(os.Args) < 2 || len(os.Args)-2 != modes[os.Args[1]].count {
		fmt.Fprintln(os.Stderr, "usage: outsiders prepare|tree|cases|again|tessera ARGUMENT...")
		os.Exit(2)
	}
	c := &claims{}
	modes[os.Args[1]].run(c, os.Args[2:])
	if c.failed {
		os.Exit(1)
	}
}
