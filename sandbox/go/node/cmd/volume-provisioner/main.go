// Command volume-provisioner gives every claim of its storage class a folder on this node.
//
// It is the dynamic provisioner of the sandbox: the watching, retrying and binding are those of
// sig-storage-lib-external-provisioner; only the making and removing of folders is here.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v10/controller"
)

const (
	provisionerName = "mlops.sandbox/folder"
	hostnameLabel   = "kubernetes.io/hostname"
)

type folders struct{ root string }

func (f folders) Provision(_ context.Context, options controller.ProvisionOptions) (*core.PersistentVolume, controller.ProvisioningState, error) {
	for _, mode := range options.PVC.Spec.AccessModes {
		if mode == core.ReadWriteMany || mode == core.ReadOnlyMany {
			return nil, controller.ProvisioningFinished, fmt.Errorf("access mode %s is not supported: a folder of one node takes ReadWriteOnce or ReadWriteOncePod", mode)
		}
	}
	if options.SelectedNode == nil {
		return nil, controller.ProvisioningFinished, errors.New("no node was selected: the storage class needs volumeBindingMode WaitForFirstConsumer")
	}
	path := filepath.Join(f.root, options.PVName)
	if err := os.MkdirAll(path, 0o777); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	// The umask took the group's and others' bits, and pods run as users of their own.
	if err := os.Chmod(path, 0o777); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	return f.volume(path, options), controller.ProvisioningFinished, nil
}

func (f folders) volume(path string, options controller.ProvisionOptions) *core.PersistentVolume {
	nodeName := options.SelectedNode.Labels[hostnameLabel]
	return &core.PersistentVolume{
		ObjectMeta: meta.ObjectMeta{Name: options.PVName},
		Spec: core.PersistentVolumeSpec{
			PersistentVolumeReclaimPolicy: *options.StorageClass.ReclaimPolicy,
			AccessModes:                   options.PVC.Spec.AccessModes,
			Capacity:                      core.ResourceList{core.ResourceStorage: options.PVC.Spec.Resources.Requests[core.ResourceStorage]},
			PersistentVolumeSource:        core.PersistentVolumeSource{Local: &core.LocalVolumeSource{Path: path}},
			NodeAffinity: &core.VolumeNodeAffinity{Required: &core.NodeSelector{NodeSelectorTerms: []core.NodeSelectorTerm{{
				MatchExpressions: []core.NodeSelectorRequirement{{Key: hostnameLabel, Operator: core.NodeSelectorOpIn, Values: []string{nodeName}}},
			}}}},
		},
	}
}

func (f folders) Delete(_ context.Context, volume *core.PersistentVolume) error {
	if volume.Spec.Local == nil {
		return fmt.Errorf("volume %s is not a local one", volume.Name)
	}
	path := filepath.Clean(volume.Spec.Local.Path)
	if filepath.Dir(path) != filepath.Clean(f.root) {
		return fmt.Errorf("volume %s lies in %s, outside %s: not removed", volume.Name, path, f.root)
	}
	return os.RemoveAll(path)
}

func main() {
	kubeconfig := flag.String("kubeconfig", "", "path of the kubeconfig")
	root := flag.String("root", "", "folder that holds the volumes")
	flag.Parse()
	if *kubeconfig == "" || *root == "" {
		flag.Usage()
		os.Exit(2)
	}
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		klog.Exit(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	client := kubernetes.NewForConfigOrDie(config)
	controller.NewProvisionController(klog.FromContext(ctx), client, provisionerName, folders{root: *root},
		controller.LeaderElection(false)).Run(ctx)
}
