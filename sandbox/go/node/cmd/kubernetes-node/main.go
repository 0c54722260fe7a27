// Command kubernetes-node holds every program of a one-node Kubernetes in one binary,
// so that the code they share is compiled and stored once.
//
//	kubernetes-node <program> [flags]
package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"

	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
)

// A program takes over the process; os.Args[0] is its own name by then.
type program func()

var programs = map[string]program{}

// fromCobra delays the building of a command until it is the one to run:
// the components register colliding global flags while they are built.
func fromCobra(build func() *cobra.Command) program {
	return func() { os.Exit(cli.Run(build())) }
}

func main() {
	if len(os.Args) > 1 {
		if run, known := programs[os.Args[1]]; known {
			os.Args = os.Args[1:]
			run()
			return
		}
	}
	names := make([]string, 0, len(programs))
	for name := range programs {
		names = append(names, name)
	}
	slices.Sort(names)
	fmt.Fprintf(os.Stderr, "usage: kubernetes-node %s [flags]\n", strings.Join(names, "|"))
	os.Exit(2)
}
