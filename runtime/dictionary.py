"""What payloads have in common, for their compression: the names of fields and the words that stand in most of them.

Ciphertext does not shrink, so a payload is compressed before it is encrypted; and most are too short to repeat themselves.
With these bytes known on both sides a short report takes half the room. What was packed with a dictionary is read with the
same one for ever: a better one is a new form beside it (`runtime.codec`), and this one stays as it is.
"""

from __future__ import annotations

from typing import Final

FIRST: Final = (
    b'"scope":[["cycle","1"]],"details":[["assay","PCR"]],"seen":{"proposal":null,"values":[],"bands":[]},"typed_unit":"'
    b'"clinician","coordinator","laboratory","sponsor","meeting","operations","retraction","milestone","deviation","alert","dose",'
    b'"phase","endpoint","withdrawn","resolved","no longer true","proposed","in_force","computed","waiting","choice","review",'
    b'"planned","done","late","raised","acknowledged","critical","major","minor","true","false","null,"'
    b'"subject":"P1","trial":"interfant-21","version":"1.0","protocol_hash":"","profile":{},"site":{"id":"S01","zone":"Europe/'
    b'Berlin"},'
    b'"carried":{"now":"2026-","events":[],"announced":{"statements":{"decision AFTER_":{"kind":"decision","id":"","key":"",'
    b'"state":"",'
    b'"text":"","to":["clinician"],"due":"2026-","severity":"","generation":1,"live":false},"milestone":{"kind":"item","id":"",'
    b'"timeline":[{"at":"2026-","local":"2026-","day":"D1","subject":"","cause":"","kind":"","id":"","key":"","state":"","text":"",'
    b'"answered":{"e1":{"revision":1,"next_at":"2026-"}},"published":1,"sent_events":1,"sent_changes":1,"wake_at":"2026-","runs":1}'
    b'"pathway_id":"patient/interfant-21/P1","kind":"patient","revision":1,"entries_before":1,"changes":[],"phases":{"registration":'
    b'"SCREENING","treatment":"INDUCTION","transplant":"NOT_INDICATED","follow_up":"NOT_STARTED"},"group":"MR","open":1,"late":1,'
    b'"items":[{"id":"","key":"","kind":"assessment","state":"planned","text":"","owner":"coordinator","due":"2026-","window":["2026-","'
    b'"since":"2026-","blocked_by":null,"late_from":"2026-","due_at":"2026-"}],"obligations":[{"id":"","key":"","kind":"deviation",'
    b'"severity":"major","state":"raised","text":"","to":"coordinator","notified":["coordinator"],"rung":1,"next_rung":"2026-"}],'
    b'"decisions":[],"items_at":{"at":[],"gone":[]},"obligations_at":{"at":[],"gone":[]},"decisions_at":{"at":[],"gone":[]}}'
    b'{"event_id":"e1","recorded":true,"revision":1,"next_at":"2026-","plan":null}'
    b'{"report":{"id":"e1","kind":"action","at":"2026-01-01T00:00:00.000000Z","role":"clinician","name":"death","point":"","value":"",'
    b'"unit":"10^9/L","occurred":"2026-01-01T00:00:00Z","target":"","reason":"","expected":"","override":true}}'
    b'{"id":"e1","kind":"observation","recorded":"2026-01-01T00:00:00.000000Z","occurred":"2026-01-01T00:00:00.000000Z",'
    b'"role":"laboratory","name":"mrd","point":"EOI","value":"1","unit":"fraction","encoding":"json/plain"}'
)
"""Of the form `\\2`. The likeliest stand last, where a reference to them is shortest."""
