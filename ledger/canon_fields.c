#include "ledger/canon_internal.h"

#include "body.pb.h"
#include "ledger.pb.h"
#include "network.pb.h"
#include "private.pb.h"
#include "trust.pb.h"

/*
 * Every message of specs/proto; those that are looked for most stand first. A kind of field that
 * the bounded messages do not have does not compile: there is no macro for it below.
 */
#define MESSAGES(X)                                                                                \
    X(Leaf)                                                                                        \
    X(Body)                                                                                        \
    X(Submission)                                                                                  \
    X(ClientPart)                                                                                  \
    X(BoxContent)                                                                                  \
    X(NodePart)                                                                                    \
    X(PrivatePart)                                                                                 \
    X(Entry)                                                                                       \
    X(Signature)                                                                                   \
    X(Intake)                                                                                      \
    X(BlockHeader)                                                                                 \
    X(Head)                                                                                        \
    X(PublicKey)                                                                                   \
    X(Token)                                                                                       \
    X(Catalog)                                                                                     \
    X(Abolish)                                                                                     \
    X(Calendar)                                                                                    \
    X(Staff)                                                                                       \
    X(Role)                                                                                        \
    X(Leave)                                                                                       \
    X(Session)                                                                                     \
    X(SessionEnd)                                                                                  \
    X(Query)                                                                                       \
    X(Serve)                                                                                       \
    X(Use)                                                                                         \
    X(Batch)                                                                                       \
    X(Vreq)                                                                                        \
    X(Vack)                                                                                        \
    X(Vrsp)                                                                                        \
    X(Oob)                                                                                         \
    X(Notice)                                                                                      \
    X(Promise)                                                                                     \
    X(Check)                                                                                       \
    X(Credit)                                                                                      \
    X(CreditEnd)                                                                                   \
    X(Demand)                                                                                      \
    X(Remedy)                                                                                      \
    X(Case)                                                                                        \
    X(Step)                                                                                        \
    X(Close)                                                                                       \
    X(Warrant)                                                                                     \
    X(Open)                                                                                        \
    X(Access)                                                                                      \
    X(Answer)                                                                                      \
    X(Finding)                                                                                     \
    X(Dispose)                                                                                     \
    X(Restrict)                                                                                    \
    X(Erase)                                                                                       \
    X(Correct)                                                                                     \
    X(Object)                                                                                      \
    X(Generation)                                                                                  \
    X(KeyEpoch)                                                                                    \
    X(KeyDestroy)                                                                                  \
    X(KeyComp)                                                                                     \
    X(Approval)                                                                                    \
    X(Heartbeat)                                                                                   \
    X(Equiv)                                                                                       \
    X(Subject)                                                                                     \
    X(SubjectTag)                                                                                  \
    X(SubjectPost)                                                                                 \
    X(SubjectId)                                                                                   \
    X(Enrolment)                                                                                   \
    X(Officer)                                                                                     \
    X(Genesis)                                                                                     \
    X(Proposal)                                                                                    \
    X(Change)                                                                                      \
    X(Admit)                                                                                       \
    X(Remove)                                                                                      \
    X(Rotate)                                                                                      \
    X(Commit)                                                                                      \
    X(Regroup)                                                                                     \
    X(Assign)                                                                                      \
    X(Limit)                                                                                       \
    X(Branch)                                                                                      \
    X(Act)                                                                                         \
    X(ReceiptExtra)                                                                                \
    X(Hello)                                                                                       \
    X(Bye)                                                                                         \
    X(Ping)                                                                                        \
    X(Grant)                                                                                       \
    X(Get)                                                                                         \
    X(Leaves)                                                                                      \
    X(Missing)                                                                                     \
    X(Prove)                                                                                       \
    X(Proof)                                                                                       \
    X(Decline)                                                                                     \
    X(Pledge)                                                                                      \
    X(Want)                                                                                        \
    X(JournalStatement)                                                                            \
    X(JournalReceipt)

#define JOIN(a, b) JOIN_NOW(a, b)
#define JOIN_NOW(a, b) a##b

#define INDEX(message) index_of_lhpb_##message,
enum { MESSAGES(INDEX) MESSAGE_COUNT };

#define VALUE_UINT32 LH_CANON_NUMBER
#define VALUE_UINT64 LH_CANON_NUMBER
#define VALUE_UENUM LH_CANON_NUMBER
#define VALUE_STRING LH_CANON_TEXT
#define VALUE_BYTES LH_CANON_BYTES
#define VALUE_FIXED_LENGTH_BYTES LH_CANON_FIXED
#define VALUE_MESSAGE LH_CANON_MESSAGE

/* nanopb names the message in a field by a macro: lhpb_Entry_intake_MSGTYPE is lhpb_Intake. */
#define INDEX_OF_UINT32(type) 0
#define INDEX_OF_UINT64(type) 0
#define INDEX_OF_UENUM(type) 0
#define INDEX_OF_STRING(type) 0
#define INDEX_OF_BYTES(type) 0
#define INDEX_OF_FIXED_LENGTH_BYTES(type) 0
#define INDEX_OF_MESSAGE(type) JOIN(index_of_, type)
#define TYPE_SINGULAR(owner, name) owner##_##name##_MSGTYPE
#define TYPE_OPTIONAL(owner, name) owner##_##name##_MSGTYPE
#define TYPE_REPEATED(owner, name) owner##_##name##_MSGTYPE
#define TYPE_ONEOF(owner, names)                                                                   \
    TYPE_OF_MEMBER(owner, PB_ONEOF_NAME(UNION, names), PB_ONEOF_NAME(MEMBER, names))
#define TYPE_OF_MEMBER(owner, oneof, member) TYPE_OF_MEMBER_NOW(owner, oneof, member)
#define TYPE_OF_MEMBER_NOW(owner, oneof, member) owner##_##oneof##_##member##_MSGTYPE

/* Where `name` lies; nanopb counts back from there to what says whether it is there. */
#define OFFSET(htype, owner, name) PB_DATA_OFFSET_STATIC(_PB_HTYPE_##htype, owner, name)
#define FIELD(owner, atype, htype, ltype, name, number)                                            \
    { .tag = (number),                                                                             \
      .kind = LH_CANON_##htype,                                                                    \
      .value = VALUE_##ltype,                                                                      \
      .offset = OFFSET(htype, owner, name),                                                        \
      .data_size = PB_DATA_SIZE_##atype(_PB_HTYPE_##htype, owner, name),                           \
      .array_size = PB_ARRAY_SIZE_##atype(_PB_HTYPE_##htype, owner, name),                         \
      .size_offset =                                                                               \
          OFFSET(htype, owner, name) - PB_SIZE_OFFSET_##atype(_PB_HTYPE_##htype, owner, name),     \
      .message = INDEX_OF_##ltype(TYPE_##htype(owner, name)) },

#define FIELDS(message)                                                                            \
    static const struct lh_canon_field fields_of_##message[] = { lhpb_##message##_FIELDLIST(       \
        FIELD, lhpb_##message) };
MESSAGES(FIELDS)

#define ROW(message)                                                                               \
    { lhpb_##message##_fields, fields_of_##message,                                                \
      sizeof fields_of_##message / sizeof fields_of_##message[0] },
static const struct lh_canon_message messages[MESSAGE_COUNT] = { MESSAGES(ROW) };

const struct lh_canon_message *lh_canon_message_of(const pb_msgdesc_t *desc)
{
    size_t i = 0;

    while (messages[i].desc != desc) {
        i++;
        lh_assert(i < MESSAGE_COUNT);
    }
    return &messages[i];
}

const struct lh_canon_message *lh_canon_message_in(const struct lh_canon_field *field)
{
    return &messages[field->message];
}
