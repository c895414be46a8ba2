package demo

import "github.com/langshark/langshark-go/langsharktest/fakellm"

// dialogue is a conversation that customers have with the bot.
type dialogue struct {
	user, language, topic string
	lines                 []line
}

// line is one message of a customer, and what the replayed model does about it.
type line struct {
	says string
	// tools are the calls that the model asks for, one list for each round.
	tools [][]fakellm.ToolCall
	// answer is what it says in the end.
	answer string
	// trouble is what goes wrong at the provider.
	trouble trouble
	// liked is the customer's thumb, if any.
	liked *bool
}

type trouble int

const (
	fine       trouble = iota
	slow               // the first token takes long
	overloaded         // the first model answers 429
	down               // every model answers 500
)

func status(id string) []fakellm.ToolCall {
	return []fakellm.ToolCall{{Name: "order_status", Arguments: `{"order_id":"` + id + `"}`}}
}

func refundOf(id, reason string) []fakellm.ToolCall {
	return []fakellm.ToolCall{{Name: "create_refund", Arguments: `{"order_id":"` + id + `","reason":"` + reason + `"}`}}
}

var dialogues = []dialogue{
	{"minji", "ko", "delivery", []line{
		{
			says: "주문 A-1042 배송 어디쯤 왔나요?", tools: [][]fakellm.ToolCall{status("A-1042")},
			answer: "안녕하세요! 주문하신 **무선 청소기(A-1042)**는 지금 배송 중이고 **내일 14~18시**에 도착할 예정이에요. 운송장 번호는 **6412-0098-7731**(CJ대한통운)이에요. 🚚",
		},
		{
			says:   "내일 오후에 집에 없는데 경비실에 맡겨 주실 수 있나요?",
			answer: "네, 부재 시 경비실 보관을 요청해 둘 수 있어요. 기사님께 **경비실 보관**으로 전달해 둘게요. 문 앞 보관으로 바꾸고 싶으시면 말씀해 주세요.",
		},
		{says: "네 감사합니다!", answer: "도움이 되어 다행이에요. 내일 잘 받아 보시길 바랄게요!", liked: new(true)},
	}},
	{"daniel", "en", "refund", []line{
		{
			says:   "Hi, the headphones from order B-2210 crackle on the left side. Can I get a refund?",
			tools:  [][]fakellm.ToolCall{status("B-2210"), refundOf("B-2210", "crackling on the left side")},
			answer: "I'm sorry about the crackling, that shouldn't happen. I've started the refund of **$89.00** for order **B-2210**; because the item is faulty, shipping is included and a prepaid label is on its way to your inbox.",
		},
		{
			says:   "How long until the money is back on my card?",
			answer: "It reaches a card **3 to 5 business days** after we approve the refund, which happens as soon as the parcel is scanned at our warehouse.",
		},
		{
			says:   "Great. For your notes, the card was 4111 1111 1111 1111.",
			answer: "Thank you, but please don't send card numbers in the chat: I can't see or store them. The refund goes back to the way you paid, so there is nothing more to do.", liked: new(true),
		},
	}},
	{"seoyeon", "ko", "refund", []line{
		{
			says: "어제 받은 원피스 C-3307 환불하고 싶어요. 사이즈가 안 맞아요.", tools: [][]fakellm.ToolCall{status("C-3307")},
			answer: "사이즈가 맞지 않아 속상하셨겠어요. **C-3307(리넨 원피스)**은 어제 배송되어 환불할 수 있어요. 단순 변심이라 반품 배송비 **3,000원**이 빠지는데, 택은 아직 붙어 있나요?",
		},
		{
			says: "택은 아직 안 뗐어요. 환불 진행해 주세요.", tools: [][]fakellm.ToolCall{refundOf("C-3307", "사이즈가 맞지 않음")},
			answer: "환불을 접수했어요. 반품이 창고에 도착하면 **영업일 기준 2일** 안에 **56,000원**이 결제하신 방법으로 돌아가요.",
		},
		{
			says:   "혹시 환불 말고 한 치수 큰 걸로 교환도 되나요?",
			answer: "네, 같은 상품은 다른 사이즈로 **한 번 무료 교환**할 수 있어요. M 사이즈로 바꾸시려면 접수된 환불을 취소해야 하니, 원하시면 상담원에게 연결해 드릴게요.", liked: new(false),
		},
	}},
	{"daniel", "en", "lost-parcel", []line{
		{
			says: "My order D-9999 never arrived. What now?", tools: [][]fakellm.ToolCall{status("D-9999")},
			answer: "I understand that's frustrating. I can't find that order for your account. Could you check the number? It is one letter, a dash and four digits, and stands in your confirmation mail.",
		},
		{
			says: "Sorry, it is B-2211.", tools: [][]fakellm.ToolCall{status("B-2211")}, trouble: slow,
			answer: "Found it: your **brass desk lamp (B-2211)** has been held at customs for **6 days**, tracking number **EE410022498KR**. Since it hasn't moved for more than 5 days, I'm opening an investigation with the carrier; if nothing changes by day 10, we send it again or refund it.",
		},
	}},
	{"minji", "ko", "abroad", []line{
		{
			says: "해외로도 배송되나요? 도쿄에 있는 친구에게 보내고 싶어요.", trouble: overloaded,
			answer: "네, 일본으로 배송돼요. 보통 **3~5일** 걸리고 배송비는 **12,000원**부터예요. **150,000원** 이상이면 배송비가 무료이고, 관세는 받는 분이 부담하세요.",
		},
	}},
	{"seoyeon", "ko", "receipt", []line{
		{says: "현금영수증 다시 발급받을 수 있을까요?", trouble: down},
	}},
	{"emma", "en", "gift", []line{
		{says: "Do you offer gift wrapping?", answer: "Yes, gift wrapping is **$4** an item. You can choose it in the cart, or ask me before the parcel leaves."},
		{
			says:   "And can I add a handwritten note in Korean?",
			answer: "Of course! A handwritten card is free, in English, Korean or Japanese, up to **120 characters**. Just tell me what it should say.", liked: new(true),
		},
	}},
}

// rehearsed finds the line that a message to the model is, after the guardrail.
func rehearsed() map[string]*line {
	byText := map[string]*line{}
	for _, d := range dialogues {
		for i := range d.lines {
			byText[withoutCards(d.lines[i].says)] = &d.lines[i]
		}
	}
	return byText
}
