package main

import (
	"fmt"
	"os/signal"
	"syscall"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/spf13/cobra"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
)

func init() {
	programs["kube-network-policies"] = fromCobra(newNetworkPoliciesCommand)
}

// newNetworkPoliciesCommand runs the controller of kube-network-policies. Its own program takes no kubeconfig, leaves
// its table behind on SIGTERM, and has no other table's name.
func newNetworkPoliciesCommand() *cobra.Command {
	var kubeconfig, node, table string
	command := &cobra.Command{
		Use:          "kube-network-policies",
		SilenceUsage: true,
		Args:         cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return enforceNetworkPolicies(command, kubeconfig, node, table)
		},
	}
	command.Flags().StringVar(&kubeconfig, "kubeconfig", "", "how the API server is reached")
	command.Flags().StringVar(&node, "hostname-override", "", "name of the node whose pods are guarded")
	command.Flags().StringVar(&table, "nft-table", "", "nftables table of the family inet, made and deleted by this program")
	return command
}

func enforceNetworkPolicies(command *cobra.Command, kubeconfig, node, table string) error {
	ctx, cancel := signal.NotifyContext(command.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	expr.QueueByTarget = !kernelQueues(table)
	shared := informers.NewSharedInformerFactory(client, 0)
	controller, err := networkpolicy.NewController(
		client,
		shared.Networking().V1().NetworkPolicies(),
		shared.Core().V1().Namespaces(),
		shared.Core().V1().Pods(),
		nil, nil, nil, nil,
		// DNS is answered on the node's own address here, which no rule for pods leads to: no need for the detour
		// around netfilter's bug 1766.
		networkpolicy.Config{NodeName: node, NFTableName: table, NRIdisabled: true},
	)
	if err != nil {
		return fmt.Errorf("cannot make the controller: %w", err)
	}
	shared.Start(ctx.Done())
	// It deletes the table on its way out.
	return controller.Run(ctx)
}

// kernelQueues tells whether the kernel has the expression `queue` (CONFIG_NFT_QUEUE): a rule with it is added and
// deleted in one transaction.
func kernelQueues(name string) bool {
	connection, err := nftables.New()
	if err != nil {
		return false
	}
	table := connection.AddTable(&nftables.Table{Name: name + "_trial", Family: nftables.TableFamilyINet})
	chain := connection.AddChain(&nftables.Chain{Name: "trial", Table: table})
	connection.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: []expr.Any{&expr.Queue{Num: 100}}})
	connection.DelTable(table)
	return connection.Flush() == nil
}
