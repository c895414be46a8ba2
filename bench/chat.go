package main

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
)

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// Who has the conversation that is recorded, and which one it is.
const user, session = "user-1042", "session-17"

// chat is what one generation is asked and answers.
type chat struct {
	index         int
	input, output []message
}

// chats are 1.5 KB each. There are many, and of random words, because one
// sentence again and again flatters every compressor.
var chats = makeChats(256, 600, 400, 500)

func makeChats(n, system, user, assistant int) []chat {
	random := rand.New(rand.NewPCG(1, 2)) // the same in every process
	list := make([]chat, n)
	for i := range list {
		list[i] = chat{
			index:  i,
			input:  []message{{"system", prose(random, system)}, {"user", prose(random, user)}},
			output: []message{{"assistant", prose(random, assistant)}},
		}
	}
	return list
}

func (c *chat) bytes() (n int64) {
	for _, m := range append(c.input, c.output...) {
		n += int64(len(m.Content))
	}
	return n
}

var words = strings.Fields(`the of and to in is that for it as was with be by on not he his but at are this have from or had an they which one you
	were her all she there would their we him been has when who will more no if out so said what up its about into than them can only other new some could
	time these two may then do first any my now such like our over man me even most made after also did many before must through back years where much your way
	model token prompt answer question context system user invoice order customer refund delivery policy account payment address ticket summary translate`)

// prose returns n bytes of words, with a line now and then.
func prose(random *rand.Rand, n int) string {
	var b strings.Builder
	for b.Len() < n {
		b.WriteString(words[random.IntN(len(words))])
		if random.IntN(12) == 0 {
			b.WriteString(".\n")
		} else {
			b.WriteByte(' ')
		}
	}
	return b.String()[:n]
}

// encode is what a user of an SDK without structured payloads writes.
func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil { // texts always encode
		return err.Error()
	}
	return string(b)
}
