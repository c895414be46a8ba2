package message

// koreanRefusals are the Korean texts of what the catalog refuses of prompts, their labels and experiments, by the English formats.
// What is put in is followed by a noun or by an ending that fits whatever comes before it.
var koreanRefusals = map[string]string{
	// Parts of the others, which stand between what is put in.
	"version %d":              "버전 %d",
	"no version":              "없음",
	"label '%s'":              "라벨 '%s'",
	"%s: %s":                  "%s. %s",
	"'%s' with %s":            "'%s'(%s)",
	"'%s' version %d (by %s)": "'%s' 버전 %d(%s)",

	// What is there, and who may change it.
	"Prompt not found: '%s'":                    "'%s' 프롬프트를 찾을 수 없습니다.",
	"Prompt not found: '%s' with %s":            "'%s' 프롬프트에서 찾을 수 없습니다: %s. 어떤 버전과 라벨이 있는지 확인하세요.",
	"Experiment not found: '%s' on prompt '%s'": "'%[2]s' 프롬프트에 '%[1]s' 실험이 없습니다.",
	"Label '%s' of prompt '%s' is protected":    "'%[2]s' 프롬프트의 '%[1]s' 라벨은 보호되어 있습니다",
	"Version %d of prompt '%s' is one that the protected label '%s' may have to go back to": "'%[2]s' 프롬프트의 버전 %[1]d: 보호된 '%[3]s' 라벨을 되돌릴 때 필요합니다",
	"An experiment on prompt '%s' goes past its protected label '%s'":                       "'%s' 프롬프트의 실험을 바꾸려면 보호된 '%s' 라벨을 옮길 권한이 있어야 합니다",
	"only who runs the server may move it":                                                  "서버 운영자만 옮길 수 있습니다.",
	"only the keys %s may move it":                                                          "키 %s만 옮길 수 있습니다.",
	"only the roles %s may move it":                                                         "역할 %s만 옮길 수 있습니다.",
	"only the keys %s and the roles %s may move it":                                         "키 %s, 역할 %s만 옮길 수 있습니다.",

	// Labels.
	"Label '%s' of prompt '%s' is on %s, not on %s as expected: look at what has changed, then ask again":          "'%[2]s' 프롬프트의 '%[1]s' 라벨 위치가 예상과 다릅니다(지금: %[3]s, 예상: %[4]s). 바뀐 내용을 확인한 뒤 다시 시도하세요.",
	"Label '%s' of prompt '%s' was on no other version before that is still there: name the version to move it to": "'%[2]s' 프롬프트의 '%[1]s' 라벨이 전에 있던 버전이 남아 있지 않습니다. 옮길 버전을 직접 고르세요.",
	"label %s: use lower-case letters, digits, underscores, hyphens and periods":                                   "%s: 라벨에는 영문 소문자, 숫자, 밑줄, 하이픈, 마침표만 쓸 수 있습니다.",
	"label %s is in newLabels too: leave it out of one":                                                            "%s 라벨이 newLabels에도 있습니다. 한쪽에서 빼세요.",
	"latest is always on the newest version: leave it out":                                                         "latest 라벨은 늘 가장 새 버전에 있어서 따로 붙이거나 뗄 수 없습니다. 빼고 다시 시도하세요.",
	"latest is always on the newest version: delete that, or name another label":                                   "latest 라벨은 늘 가장 새 버전에 있습니다. 그 버전을 삭제하거나 다른 라벨을 고르세요.",
	"must have at most 100 labels":                                                                                 "라벨은 100개까지 붙일 수 있습니다. 몇 개를 빼세요.",
	"must have at most %d labels, has %d":                                                                          "라벨은 %s개까지 쓸 수 있는데 %s개가 있습니다. 몇 개를 빼세요.",

	// Versions and what they refer to.
	"Previous versions have different prompt type. Create a new prompt with a different name.":       "이전 버전들과 유형이 다릅니다. 다른 이름으로 새 프롬프트를 만드세요.",
	"Prompt has %d versions: delete some, or create a prompt with a different name":                  "버전이 이미 %s개입니다. 몇 개를 삭제하거나, 다른 이름으로 새 프롬프트를 만드세요.",
	"A prompt may refer to at most %d others, this one has %d references: put some of them together": "프롬프트 하나에서 다른 프롬프트를 %s개까지 참조할 수 있는데 %s개를 참조했습니다. 몇 개를 하나로 합치세요.",
	"Prompt not found: %s, which is referred to":                                                     "참조한 프롬프트를 찾을 수 없습니다: %s. 이름을 고치세요.",
	"Prompt %s refers to %s, which isn't there: create it, move the label, or change the reference":  "프롬프트 %s에서 참조한 대상이 없습니다: %s. 프롬프트를 만들거나, 라벨을 옮기거나, 참조를 고치세요.",
	"Prompt %s refers to %s, which is a chat: only text prompts can be referred to":                  "프롬프트 %s에서 대화 프롬프트를 참조했습니다: %s. 텍스트 프롬프트만 참조할 수 있습니다.",
	"Prompt references go round in a circle: %s":                                                     "프롬프트 참조가 순환합니다: %s. 참조를 하나 빼서 고리를 끊으세요.",
	"Prompt references are nested deeper than %d: %s":                                                "프롬프트 참조는 %s단계까지 이어질 수 있는데 더 깊습니다: %s. 단계를 줄이세요.",
	"Prompt '%s' version %d is longer than %d bytes with what it refers to: refer to less":           "'%s' 프롬프트 버전 %d의 길이가 참조한 내용까지 더해 %s바이트를 넘습니다. 참조를 줄이세요.",
	"Prompt %s leads to more than %d bytes of other prompts: refer to less":                          "프롬프트 %s에서 참조로 이어지는 내용이 모두 %s바이트를 넘습니다. 참조를 줄이세요.",
	"Prompt '%s' leads to more than %d others: refer to fewer":                                       "'%s' 프롬프트에서 참조로 이어지는 프롬프트가 %s개를 넘습니다. 참조를 줄이세요.",
	"Prompt '%s' version %d leads to this one and could not be read any more: %s":                    "'%s' 프롬프트 버전 %d에서 참조로 이 프롬프트에 이어지므로, 이렇게 바꾸면 그 버전을 읽을 수 없게 됩니다. %s",
	"Prompt '%s' is referred to by %s: change or delete those first":                                 "'%s' 프롬프트를 참조하는 버전이 있습니다: %s. 그 버전부터 바꾸거나 삭제하세요.",
	"Prompt '%s' is referred to by %s and %d more: change or delete those first":                     "'%s' 프롬프트를 참조하는 버전이 있습니다: %s 외 %s개. 그 버전부터 바꾸거나 삭제하세요.",

	// Experiments.
	"Version %d of prompt '%s' is in experiment '%s': change or delete that first":                                                                                                                    "'%[2]s' 프롬프트의 버전 %[1]d에서 '%[3]s' 실험이 진행 중입니다. 실험부터 바꾸거나 끝내세요.",
	"Experiment '%s' has another salt, which would deal everybody anew: leave salt out, or make another experiment":                                                                                   "'%s' 실험의 솔트가 다릅니다. 솔트를 바꾸면 모두 다시 나뉘므로, salt를 빼거나 다른 실험을 만드세요.",
	"Experiment '%s' on prompt '%s' is at revision %d, not %d as expected: look at what has changed, then ask again":                                                                                  "'%[2]s' 프롬프트의 '%[1]s' 실험이 그사이 바뀌었습니다(지금 리비전: %[3]d, 예상: %[4]d). 바뀐 내용을 확인한 뒤 다시 시도하세요.",
	"Experiment '%s' on prompt '%s' would go past the protected label '%s', and may have been set by somebody who may not move that: end it, or set it again with the right to, then place the label": "'%[3]s' 라벨은 보호되어 있는데, '%[2]s' 프롬프트의 '%[1]s' 실험은 이 라벨을 옮길 권한이 없는 사람이 설정했을 수 있습니다. 실험을 끝내거나 권한이 있는 사람이 다시 설정한 뒤 라벨을 붙이세요.",
	"Prompt '%s' has %d experiments: delete one first":                                                                                                                                                "'%s' 프롬프트에 실험이 이미 %s개 있습니다. 하나를 먼저 끝내세요.",
	"must be a name of at most %d characters":                                                                                                                                                         "실험 이름은 1자 이상 %s자 이하여야 합니다.",
	"must not have the character 0, which stands between salt and unit":                                                                                                                               "NUL 문자는 솔트와 대상을 나누는 데 쓰이므로 넣을 수 없습니다. 빼세요.",
	"another variant has this name: give it one of its own":                                                                                                                                           "같은 이름의 변형이 또 있습니다. 다른 이름을 쓰세요.",
	"must have at least one variant":                                                                                                                                                                  "변형을 하나 이상 넣으세요.",
	"must have at most %d variants":                                                                                                                                                                   "변형은 %s개까지 넣을 수 있습니다. 몇 개를 빼세요.",
	"weights add up to %d: there are %d buckets to give":                                                                                                                                              "가중치의 합이 %s입니다. 버킷은 모두 %s개이니 합을 줄이세요.",

	// Fields.
	"required":                                                "값이 필요합니다.",
	"must not be empty":                                       "비워 둘 수 없습니다.",
	"must have at least one id":                               "ID를 하나 이상 넣으세요.",
	"must have at most %d bytes, has %d":                      "%s바이트까지 쓸 수 있는데 %s바이트입니다. 줄이세요.",
	"must have at most %d characters, has %d":                 "%s자까지 쓸 수 있는데 %s자입니다. 줄이세요.",
	"must have at most %d elements":                           "%s개까지 넣을 수 있습니다. 몇 개를 빼세요.",
	"must be at least %d":                                     "%s 이상이어야 합니다.",
	"must be at most %d":                                      "%s 이하여야 합니다.",
	"must be one of %s, received %.60q":                       "다음 가운데 하나여야 합니다: %s. 받은 값: %.60q.",
	"must not contain the character NUL":                      "NUL 문자는 쓸 수 없습니다. 빼세요.",
	"is out of range":                                         "수가 너무 큽니다. 더 작은 수를 쓰세요.",
	"is not supported by this server, where %s: leave it out": "이 서버는 지원하지 않습니다(%s). 빼세요.",
	"expected a whole number, received %v":                    "정수여야 합니다. 받은 값: %v.",
	"expected object, received %s":                            "JSON 객체(object)여야 합니다. 받은 값의 형식: %s.",
	"expected %s, received %s":                                "값의 형식이 다릅니다. 필요한 형식: %s, 받은 형식: %s.",
	"nested deeper than %d levels":                            "%s단계보다 깊이 중첩되었습니다. 단계를 줄이세요.",
	"not a string: %v":                                        "문자열이 아닙니다: %v",
	"%v":                                                      "읽을 수 없습니다: %v",
}
