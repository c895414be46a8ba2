package demo

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/sashabaranov/go-openai"

	langshark "github.com/langshark/langshark-go"
)

// order is an order of the shop.
type order struct {
	ID       string `json:"order_id"`
	Customer string `json:"-"`
	Item     string `json:"item"`
	Status   string `json:"status"`
	Carrier  string `json:"carrier"`
	Tracking string `json:"tracking"`
	Expected string `json:"expected"`
	Price    string `json:"price"`
}

var orders = map[string]order{
	"A-1042": {"A-1042", "minji", "무선 청소기", "in_transit", "CJ대한통운", "6412-0098-7731", "내일 14~18시", "129,000원"},
	"B-2210": {"B-2210", "daniel", "Noise-cancelling headphones", "delivered 3 days ago", "EMS", "EE410022317KR", "", "$89.00"},
	"B-2211": {"B-2211", "daniel", "Brass desk lamp", "held at customs for 6 days", "EMS", "EE410022498KR", "unknown", "$64.00"},
	"C-3307": {"C-3307", "seoyeon", "리넨 원피스 (S)", "delivered yesterday", "한진택배", "5177-2210-0046", "", "59,000원"},
}

type statusQuery struct {
	OrderID string `json:"order_id"`
}

type refundQuery struct {
	OrderID string `json:"order_id"`
	Reason  string `json:"reason"`
}

type refund struct {
	ID      string `json:"refund_id"`
	OrderID string `json:"order_id"`
	Amount  string `json:"amount"`
	State   string `json:"state"`
}

func orderStatus(_ context.Context, q statusQuery) (order, error) {
	o, ok := orders[q.OrderID]
	if !ok {
		return order{}, fmt.Errorf("no order %s for this customer", q.OrderID)
	}
	return o, nil
}

func createRefund(_ context.Context, q refundQuery) (refund, error) {
	o, ok := orders[q.OrderID]
	if !ok {
		return refund{}, fmt.Errorf("no order %s for this customer", q.OrderID)
	}
	return refund{ID: "R-" + q.OrderID, OrderID: q.OrderID, Amount: o.Price, State: "waiting for the return"}, nil
}

// tool is a function that the model may call.
type tool struct {
	definition openai.Tool
	run        func(ctx context.Context, arguments string) (any, error)
}

func toolbox() map[string]tool {
	const id = `"order_id":{"type":"string","description":"One letter, a dash, four digits"}`
	return map[string]tool{
		"order_status": newTool("order_status", "Where an order is, and when it arrives.",
			`{"type":"object","properties":{`+id+`},"required":["order_id"],"additionalProperties":false}`, orderStatus),
		"create_refund": newTool("create_refund", "Start the refund of an order.",
			`{"type":"object","properties":{`+id+`,"reason":{"type":"string"}},"required":["order_id","reason"],"additionalProperties":false}`, createRefund),
	}
}

// newTool observes fn, which is called with the model's arguments.
func newTool[In, Out any](name, description, schema string, fn func(context.Context, In) (Out, error)) tool {
	observed := langshark.Observe(name, fn, langshark.WithKind(langshark.KindTool))
	return tool{
		definition: openai.Tool{Type: openai.ToolTypeFunction, Function: &openai.FunctionDefinition{
			Name: name, Description: description, Parameters: json.RawMessage(schema),
		}},
		run: func(ctx context.Context, arguments string) (any, error) {
			var in In
			if err := json.Unmarshal([]byte(arguments), &in); err != nil {
				return nil, fmt.Errorf("arguments of %s: %w", name, err)
			}
			_, step := enter(ctx, langshark.KindTool, name)
			out, err := observed(ctx, in)
			step.failed(err)
			return out, err
		},
	}
}
