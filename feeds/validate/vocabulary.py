"""Words that standards list: languages, countries, URI schemes; elements and attributes of HTML, SVG and MathML."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# ISO 639-1 with the codes it has withdrawn. Longer ones are too many to list: any three letters are taken.
LANGUAGES = _words("""
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el
    en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik in io is it
    iu iw ja ji jv jw ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mo
    mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh
    si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh
    yi yo za zh zu
""")
COUNTRIES = _words("""
    AD AE AF AG AI AL AM AN AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY
    BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM
    FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT
    JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN
    MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT
    PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL
    TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
""")
SCHEMES = _words("""
    aaa aaas about acap acct blob cap chrome cid coap crid dat data dav dict dns doi dweb ed2k facetime fax feed
    file filesystem finger fish ftp geo gemini git go gopher gtalk hcp http https iax icap im imap info ipfs ipn
    ipns ipp ipps irc ircs iris isbn jabber jar javascript ldap ldaps lightning magnet mailto market matrix
    message mid mms modem msrp msrps mtqp mumble mupdate mvn news nfs nntp nostr opaquelocktoken pack payto pop
    pres prospero rsync rtmp rtsp secondlife service session sftp sgn shttp sieve sip sips skype smb sms snmp
    spotify ssh steam stun svn swh tag tcp teamspeak tel telnet tftp thismessage tip tn tool turn tv udp urn vemmi
    view wais web webcal ws wss wtai wyciwyg xcon xmpp xri ymsgr
""")

HTML_SAFE = _words("""
    a abbr acronym address area article aside audio b bdi bdo big blockquote br button canvas caption center cite
    code col colgroup data datalist dd del details dfn dialog dir div dl dt em fieldset figcaption figure font
    footer form h1 h2 h3 h4 h5 h6 header hgroup hr i img input ins kbd keygen label legend li main map mark menu
    meter nav noscript ol optgroup option output p picture pre progress q rp rt ruby s samp search section select
    small source span strike strong sub summary sup table tbody td template textarea tfoot th thead time tr track
    tt u ul var video wbr
""")
HTML_RISKY = _words("""
    applet base basefont body embed frame frameset head html iframe isindex link listing math meta noembed
    noframes object param plaintext portal script slot style svg title xmp
""")
HTML_ELEMENTS = HTML_SAFE | HTML_RISKY
HTML_VOID = _words("area base basefont br col embed frame hr img input isindex keygen link meta param source track wbr")
# The end tag may be left out: what follows closes them.
HTML_OPTIONAL_END = _words("""
    body colgroup dd dt head html li optgroup option p rb rp rt rtc tbody td tfoot th thead tr
""")
HTML_ATTRIBUTES = _words("""
    abbr accept accept-charset accesskey action align alink allow allowfullscreen alt as async autocapitalize
    autocomplete autocorrect autofocus autoplay axis background bgcolor blocking border bordercolor cellpadding
    cellspacing char charoff charset checked cite class clear closedby color cols colspan compact content
    contenteditable controls coords crossorigin data datetime decoding default dir dirname disabled download
    draggable enctype enterkeyhint face fetchpriority for form formenctype formmethod formnovalidate formtarget
    frame frameborder headers height hidden high href hreflang hspace id imagesizes imagesrcset inert inputmode
    integrity is ismap itemid itemprop itemref itemscope itemtype kind label lang leftmargin link list loading
    longdesc loop low lowsrc marginheight marginwidth max maxlength media method min minlength multiple muted name
    nohref nonce noshade novalidate nowrap open optimum part pattern ping placeholder playsinline popover
    popovertarget popovertargetaction poster preload profile property prompt readonly referrerpolicy rel required
    rev reversed role rows rowspan rules scheme scope selected shape size sizes slot span spellcheck src srclang
    srcset standby start step style summary tabindex target text title topmargin translate type typeof usemap
    valign value valuetype version vlink vspace width wrap writingsuggestions xml:lang xmlns
""")
STYLE_PROPERTIES = _words("""
    azimuth background background-color border border-bottom border-bottom-color border-bottom-style
    border-bottom-width border-collapse border-color border-left border-left-color border-left-style
    border-left-width border-radius border-right border-right-color border-right-style border-right-width
    border-spacing border-style border-top border-top-color border-top-style border-top-width border-width
    caption-side clear color cursor direction display elevation empty-cells float font font-family font-size
    font-style font-variant font-weight height letter-spacing line-height list-style list-style-type margin
    margin-bottom margin-left margin-right margin-top max-height max-width min-height min-width orphans overflow
    padding padding-bottom padding-left padding-right padding-top page-break-after page-break-before
    page-break-inside pause pause-after pause-before pitch pitch-range quotes richness speak speak-header
    speak-numeral speak-punctuation speech-rate stress table-layout text-align text-decoration text-indent
    text-transform unicode-bidi vertical-align visibility voice-family volume white-space widows width word-break
    word-spacing word-wrap
""")

# SVG Tiny without scripts, foreign objects and images.
SVG_ELEMENTS = _words("""
    a animate animateColor animateMotion animateTransform circle clipPath defs desc ellipse font-face
    font-face-name font-face-src g glyph hkern line linearGradient marker mask metadata missing-glyph mpath path
    pattern polygon polyline radialGradient rect set stop svg switch symbol text textPath title tspan use view
""")
SVG_ATTRIBUTES = _words("""
    accent-height accumulate additive alphabetic arabic-form ascent attributeName attributeType baseProfile bbox
    begin by calcMode cap-height class clip-path clip-rule color color-interpolation color-rendering content
    contentScriptType contentStyleType cx cy d descent direction display dominant-baseline dur dx dy end fill
    fill-opacity fill-rule font-family font-size font-stretch font-style font-variant font-weight from fx fy g1 g2
    glyph-name gradientTransform gradientUnits hanging height horiz-adv-x horiz-origin-x id ideographic k
    keyPoints keySplines keyTimes lang letter-spacing marker-end marker-mid marker-start markerHeight markerUnits
    markerWidth mask mathematical max min name offset opacity orient origin overflow overline-position
    overline-thickness panose-1 path pathLength patternUnits points preserveAspectRatio r refX refY repeatCount
    repeatDur requiredExtensions requiredFeatures restart role rotate rx ry shape-rendering slope spreadMethod
    startOffset stemh stemv stop-color stop-opacity strikethrough-position strikethrough-thickness stroke
    stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit stroke-opacity
    stroke-width style systemLanguage tabindex target text-anchor text-decoration text-rendering to transform type
    u1 u2 underline-position underline-thickness unicode unicode-bidi unicode-range units-per-em values version
    viewBox visibility width widths word-spacing writing-mode x x-height x1 x2 y y1 y2 zoomAndPan
""")
MATH_ELEMENTS = _words("""
    annotation annotation-xml maction maligngroup malignmark math menclose merror mfenced mfrac mi mlabeledtr
    mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt mstyle msub msubsup msup
    mtable mtd mtext mtr munder munderover none semantics
""")
MATH_ATTRIBUTES = _words("""
    accent accentunder actiontype align alttext bevelled class close columnalign columnlines columnspacing
    columnspan columnwidth depth dir display displaystyle encoding equalcolumns equalrows fence fontfamily
    fontsize fontstyle fontweight form frame framespacing height href id intent largeop linethickness lquote
    lspace mathbackground mathcolor mathsize mathvariant maxsize minsize movablelimits notation numalign open
    other rowalign rowlines rowspacing rowspan rquote rspace scriptlevel scriptminsize scriptsizemultiplier
    selection separator separators side src stretchy style subscriptshift supscriptshift symmetric voffset width
""")
