package spool

const childDir = "LANGSHARK_SPOOL_TEST_CHILD"

func child(string) {}
