#ifndef LH_BASE_ATTR_H
#define LH_BASE_ATTR_H

/* Attributes that may be erased without changing the program, and the two ownership markers. */

#if defined(__GNUC__)
#define LH_PRINTF(at, first) __attribute__((format(printf, at, first)))
#define LH_MUST_CHECK __attribute__((warn_unused_result))
#else
#define LH_PRINTF(at, first)
#define LH_MUST_CHECK
#endif

#define LH_TAKES /* the callee owns it now, even if it fails */
#define LH_KEEPS /* the callee stores it; it must outlive the object */

#endif
