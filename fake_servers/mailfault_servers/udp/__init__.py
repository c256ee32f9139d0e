"""What happens to datagrams on their way: loss, delay, doubling, reordering, cutting."""
