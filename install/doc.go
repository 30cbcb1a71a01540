// Package install tells Jupyter that a kernel exists: it writes, finds and removes kernelspecs.
//
// A kernelspec is a folder kernels/NAME with kernel.json and logos, in one of the data folders that Jupyter searches. [Spec.Install]
// writes the folder beside its place and renames it, so Jupyter never sees half of one. The spec announces only what the kernel
// has.
//
// The package never runs Python or Jupyter, and never touches a folder that is no kernelspec.
package install
