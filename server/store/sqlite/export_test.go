package sqlite

// SmallGenerations has ids go to the index after a few, not after many thousands.
func SmallGenerations(o Options) Options {
	o.maxGeneration = 64
	return o
}
