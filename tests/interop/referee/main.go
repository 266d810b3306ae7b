// An independent referee of a liuhen node: judges what the node serves with the code of
// golang.org/x/mod/sumdb (note, tlog) and Go's own crypto, and with nothing of ours.
//
//	referee watch SOCKET POLICY LAST STOP   follow the head until the file STOP is there; then
//	                                        leave the last head in the file LAST
//	referee judge SOCKET POLICY LAST ANSWERS   judge the whole ledger. LAST is a head seen before,
//	                                        ANSWERS what the node told whoever recorded
//
// One line for each claim: "ok" or "FAILED". The exit code is 1 if one failed, 2 if it could not
// begin.
package main

import (
	"fmt"
	"os"
)

type claims struct {
	failed bool
}

// check runs one claim. What it returns is how much was looked at.
func (c *claims) check(claim string, prove func() (string, error)) bool {
	detail, err := prove()
	if err != nil {
		c.failed = true
		fmt.Printf("FAILED  %s: %v\n", claim, err)
		return false
	}
	fmt.Printf("ok      %s (%s)\n", claim, detail)
	return true
}

// need ends the run where nothing further can be judged.
func (c *claims) need(claim string, prove func() (string, error)) {
	if !c.check(claim, prove) {
		os.Exit(1)
	}
}

func main() {
	if len(os.Args) != 6 || (os.Args[1] != "watch" && os.Args[1] != "judge") {
		fmt.Fprintln(os.Stderr, "usage: referee watch SOCKET POLICY LAST STOP\n"+
			"       referee judge SOCKET POLICY LAST ANSWERS")
		os.Exit(2)
	}
	seal, err := readPolicy(os.Args[3])
	if err != nil {
		fmt.Fprintln(os.Stderr, "referee:", err)
		os.Exit(2)
	}
	node := newNode(os.Args[2], seal.origin)
	c := &claims{}
	if os.Args[1] == "watch" {
		watch(c, node, seal, os.Args[4], os.Args[5])
	} else {
		judge(c, node, seal, os.Args[4], os.Args[5])
	}
	if c.failed {
		os.Exit(1)
	}
}

func judge(c *claims, node *node, seal *seal, lastPath, answersPath string) {
	l := &ledger{node: node, seal: seal}

	judgeHead(c, l, lastPath)
	judgeWholeTree(c, l)
	judgeBlocks(c, l)
	judgePartialTiles(c, l)
	judgeAbsentTiles(c, l)
	judgeTileReader(c, l)
	judgeConsistency(c, l)
	judgeSignatures(c, l)
	judgeReceipts(c, l, answersPath)
	judgeTrail(c, l)
}
