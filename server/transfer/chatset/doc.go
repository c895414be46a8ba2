// Package chatset writes recorded generations as conversations in the form in
// which OpenAI takes them for fine-tuning, one a line:
//
//	{"messages":[{"role":"user","content":"…"},{"role":"assistant","content":"…"}],"tools":[…]}
//
// It reads what was recorded of any provider's API. What can't be written so is
// counted with its reason, see [Reason].
package chatset
