"""What is broken on purpose: processes, connections, disks, clocks."""
