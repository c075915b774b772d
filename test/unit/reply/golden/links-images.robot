===== See the docs, the AP
See the [docs](https://docs.example.com/start), the [API reference](https://open.dingtalk.com/document/a_%28b%29) and [1](https://one.example.com).

![架构图](https://img.example.com/a_b_c.png)  
![](@lALPDfJ6V_abc_123)  
![截图]($iAEKAqNqcGcDAQTNA8AFzQPA)

Footnotes work[1](https://foot.example.com), notes too[^note].

[![build](https://ci.example.com/badge.svg)](https://ci.example.com/run/1)

发送：[点我](dtmd://dingtalkclient/sendMessage?content=%E4%BD%A0%E5%A5%BD)，详见 https://example.com/路径/a，**谢谢**。

[^note]: A note of several words.  
[unused]: https://unused.example.com
