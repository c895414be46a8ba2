// Package mask finds personal data and secrets in text and replaces them.
//
//	m, err := mask.New(mask.Config{})
//	if err != nil {
//		return err
//	}
//	m.String("문의는 010-1234-5678로, kim@example.com") // 문의는 <PHONE>로, <EMAIL>
//
// # What is found
//
// E-mail addresses, telephone numbers, Korean registration numbers of residents,
// foreigners and businesses, passports, Korean driver's licences, bank accounts,
// payment cards, IP addresses, keys of providers, private keys, JSON Web Tokens,
// and passwords and tokens by the name they are given. [Types] lists them; the
// project's docs/masking.md says how each is checked, how often it is right, and
// what is not found, such as names and addresses.
//
// # What is written
//
// A label, a part of the value or a keyed hash: see [Mode]. [Config.Modes] sets it
// for a type, [Config.Rules] for a place, [Config.Allow] for a text.
//
// # How
//
// One pass over the bytes stops where a value may stand, and looks from there at
// a window of bounded size. Time is linear in the text, whatever the text is; a
// text in which nothing is found costs no allocation. Full-width digits,
// dashes that are not ASCII and invisible characters do not hide a value.
//
// A detector that panics makes [Masker.Mask] return an error, so that nothing
// leaves unmasked.
package mask
