package catalog

// readPrices reads the prices of a model: of a unit of input, output or of all,
// or those of its one tier. Other tiers are refused, for they would be billed wrongly.
func readPrices(o *object, m *Model) {
	m.InputPrice, m.OutputPrice, m.TotalPrice = readPrice(o, "inputPrice"), readPrice(o, "outputPrice"), readPrice(o, "totalPrice")
	if tiers := o.objects("pricingTiers"); len(tiers) > 0 {
		if m.InputPrice != nil || m.OutputPrice != nil || m.TotalPrice != nil {
			o.fail("pricingTiers", "custom", "must be left out where inputPrice, outputPrice or totalPrice is set")
		}
		readTier(o, tiers, m)
	}
	if m.TotalPrice != nil && (m.InputPrice != nil || m.OutputPrice != nil) {
		o.fail("totalPrice", "custom", "must be null where inputPrice or outputPrice is set")
	}
}

func readTier(o *object, tiers []*object, m *Model) {
	if len(tiers) > 1 || len(tiers[0].elements("conditions")) > 0 {
		o.fail("pricingTiers", "custom", "this server keeps one tier without conditions: leave the others out, or import a table of prices")
		return
	}
	prices := tiers[0].object("prices")
	if prices == nil {
		return
	}
	for name := range prices.members {
		switch name {
		case "input":
			m.InputPrice = readPrice(prices, name)
		case "output":
			m.OutputPrice = readPrice(prices, name)
		case "total":
			m.TotalPrice = readPrice(prices, name)
		default:
			prices.fail(name, "custom", "this server keeps prices of input, output or total: leave it out, or import a table of prices")
		}
	}
	if len(prices.members) == 0 {
		prices.fail("", "too_small", "must have a price of input, output or total")
	}
}
