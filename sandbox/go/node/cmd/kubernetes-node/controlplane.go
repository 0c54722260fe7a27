package main

import (
	"os"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

func init() {
	programs["etcd"] = func() { etcdmain.Main(os.Args) }
	programs["kube-apiserver"] = fromCobra(apiserver.NewAPIServerCommand)
	programs["kube-controller-manager"] = fromCobra(controllermanager.NewControllerManagerCommand)
	programs["kube-scheduler"] = fromCobra(func() *cobra.Command { return scheduler.NewSchedulerCommand() })
}
